import type { Credential } from './credential.ts'

/** Where a process takes its credential from, now and after each renewal. */
export interface CredentialSource {
  current(): Credential
  /** Calls `listener` with each later credential. Returns what ends that. */
  subscribe(listener: (credential: Credential) => void): () => void
}

/** Keeps a credential in memory; `replace` hands the next one to every subscriber. */
export class MemoryCredentialSource implements CredentialSource {
  #credential: Credential
  readonly #listeners = new Set<(credential: Credential) => void>()

  constructor(credential: Credential) {
    this.#credential = credential
  }

  current(): Credential {
    return this.#credential
  }

  subscribe(listener: (credential: Credential) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  replace(credential: Credential): void {
    this.#credential = credential
    for (const listener of this.#listeners) listener(credential)
  }
}
