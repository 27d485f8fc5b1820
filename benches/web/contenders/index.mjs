// @ts-check

import { immerFreezing, immerLoose } from "./immer.mjs";
import { limit } from "./limit.mjs";
import { mutativeFreezing, mutativeLoose } from "./mutative.mjs";
import { ours } from "./ours.mjs";

/** In the order of the table's rows; the first is what the others are compared with. */
export const contenders = [limit, ours, immerFreezing, immerLoose, mutativeLoose, mutativeFreezing];
