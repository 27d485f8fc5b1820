import { renderToString } from "react-dom/server";
import { Page } from "./Page.jsx";

export function render(url) {
  return renderToString(<Page url={url.searchParams.get("room")} />);
}
