import { hydrateRoot } from "react-dom/client";
import { store } from "../apps/store.js";
import { Page } from "./Page.jsx";

// The room is ahead of what the server has rendered before hydration begins.
await store.ready;
globalThis.before = document.querySelector("footer").textContent;
const url = new URLSearchParams(location.search).get("room");
hydrateRoot(document.getElementById("root"), <Page url={url} />);
