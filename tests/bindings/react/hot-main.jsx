import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Hot } from "./Hot.jsx";

createRoot(document.getElementById("root")).render(
  <StrictMode>
    <Hot />
  </StrictMode>,
);
