/** The hashing worker for HEIC where the browser cannot open it: loaded when the first such file is met, without network too. */

import { framesByLibheif, startHeifDecoder } from "./heif_decoder.ts";
import { serve } from "./serve.ts";

serve("heifWasm", startHeifDecoder, (_file, _format, bytes) => framesByLibheif(bytes));
