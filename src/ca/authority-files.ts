import { join } from 'node:path'

/** Where a CA lies in its directory. */
export interface AuthorityFiles {
  readonly rootKey: string
  readonly intermediateKey: string
  readonly intermediate: string
  /** Put in place last: a directory without it holds no CA. */
  readonly root: string
}

export function authorityFilesOf(directory: string): AuthorityFiles {
  return {
    rootKey: join(directory, 'root.key'),
    intermediateKey: join(directory, 'intermediate.key'),
    intermediate: join(directory, 'intermediate.pem'),
    root: join(directory, 'root.pem'),
  }
}
