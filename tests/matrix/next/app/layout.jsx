// @ts-check

export const metadata = { title: "app", icons: { icon: "data:," } };

/** @param {{ children: React.ReactNode }} props */
export default function Layout({ children }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}
