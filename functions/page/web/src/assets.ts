/**
 * Where the files are that code asks for by itself. The build puts the table in; all addresses are relative to the
 * page, so that it works under any stage of the API.
 */

export interface Assets {
  hashingWorker: string;
  heifWorker: string;
  proofWorker: string;
  jpegWasm: string;
  heifWasm: string;
  licences: string;
  /** By language tag. */
  messages: Record<string, string>;
}

declare const UNSPREAD_ASSETS: Assets;

export const assets: Assets = UNSPREAD_ASSETS;
