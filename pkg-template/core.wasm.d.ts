/** What a bundler makes of the file: its address, for `init` of `draftsync/slim`. */
declare const url: string;
export default url;
