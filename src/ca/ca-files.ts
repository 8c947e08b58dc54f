import { join } from 'node:path'

/** Where a CA lies in its directory. */
export interface CaFiles {
  readonly rootKey: string
  readonly intermediateKey: string
  readonly intermediate: string
  /** Put in place last: a directory without it holds no CA. */
  readonly root: string
}

export function caFilesOf(directory: string): CaFiles {
  return {
    rootKey: join(directory, 'root.key'),
    intermediateKey: join(directory, 'intermediate.key'),
    intermediate: join(directory, 'intermediate.pem'),
    root: join(directory, 'root.pem'),
  }
}
