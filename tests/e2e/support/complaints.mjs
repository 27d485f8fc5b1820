// @ts-check
// What browsers write into the console by themselves.

/** When a server is away or a wire is cut. Firefox tells it as an error of the page. */
export const LOST_CONNECTION =
  /WebSocket connection to|establish a connection|connection to .* interrupted/;
