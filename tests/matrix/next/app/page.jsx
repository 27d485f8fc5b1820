// @ts-check
import { List } from "./list.jsx";

export default function Page() {
  return <List />;
}
