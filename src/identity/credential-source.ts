import { Subscribers } from '../core/subscribers.ts'
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
  readonly #subscribers = new Subscribers<Credential>()

  constructor(credential: Credential) {
    this.#credential = credential
  }

  current(): Credential {
    return this.#credential
  }

  subscribe(listener: (credential: Credential) => void): () => void {
    return this.#subscribers.add(listener)
  }

  replace(credential: Credential): void {
    this.#credential = credential
    this.#subscribers.publish(credential)
  }
}
