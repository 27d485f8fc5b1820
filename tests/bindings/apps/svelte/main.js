// @ts-check
import { mount } from "svelte";
// @ts-expect-error the compiler of Svelte knows what this is
import App from "./App.svelte";

mount(App, { target: /** @type {HTMLElement} */ (document.getElementById("root")) });
