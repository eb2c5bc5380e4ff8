/** The page's hash functions, within reach of a program of the tests. */

import { pdqOf } from "../../functions/page/web/src/hashing/pdq.ts";
import { phashOf } from "../../functions/page/web/src/hashing/phash.ts";
import { windowHashes } from "../../functions/page/web/src/hashing/windows.ts";

Object.assign(globalThis, { pdqOf, phashOf, windowHashes });
