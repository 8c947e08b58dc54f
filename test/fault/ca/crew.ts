import { PASSPHRASE_GIVEN } from './place.ts'
import { WorkerProcess } from './worker-process.ts'

/** What a worker is for. The steady one does what must succeed; the two others meet. */
export type Part = 'steady' | 'one' | 'other'

/** The workers that live on from test to test, and the next one that is to die. */
export class Crew {
  readonly #workers = new Map<string, WorkerProcess>()
  readonly #next = new Map<boolean, WorkerProcess>()

  /** @param isEncrypted whether the keys of the CA are, so that it knows the passphrase */
  worker(part: Part, isEncrypted: boolean): WorkerProcess {
    const name = `${part} ${isEncrypted}`
    const worker = this.#workers.get(name) ?? startWorker(isEncrypted)
    this.#workers.set(name, worker)
    return worker
  }

  /** One that whoever takes it kills. */
  takeVictim(isEncrypted: boolean): WorkerProcess {
    const victim = this.#next.get(isEncrypted) ?? startWorker(isEncrypted)
    this.#next.set(isEncrypted, startWorker(isEncrypted))
    return victim
  }

  async close(): Promise<void> {
    await Promise.all([...this.#workers.values(), ...this.#next.values()].map((worker) => worker.kill()))
  }
}

function startWorker(isEncrypted: boolean): WorkerProcess {
  return new WorkerProcess(isEncrypted ? PASSPHRASE_GIVEN : {})
}
