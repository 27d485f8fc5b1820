// Helpers that compile only when two types are the same.

type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** `expectType<A>()(value)` compiles only when `value` has exactly the type `A`. */
export function expectType<A>() {
  return <B>(_value: B, ..._proof: Same<A, B> extends true ? [] : [never]): void => {};
}
