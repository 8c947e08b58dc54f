import type { Child } from '../child.ts'
import type { Stage } from '../stage.ts'

/** Beside what the shop grants. */
const GRANTS = `
  - { caller: depot, audience: inventory, scopes: [inventory.restock] }
  - { caller: guard, audience: countersign/authority, scopes: [trust.revoke] }
`

/** The authority, which can be killed, and started again where it was. */
export class AuthorityProcess {
  readonly address: string
  readonly #stage: Stage
  #child: Child

  private constructor(stage: Stage, child: Child, address: string) {
    this.#stage = stage
    this.#child = child
    this.address = address
  }

  static async start(stage: Stage): Promise<AuthorityProcess> {
    const child = await startChild(stage, 'localhost:0')
    return new AuthorityProcess(stage, child, await child.address())
  }

  /** With SIGKILL: it has no time to write anything, nor to say farewell. */
  kill(): Promise<void> {
    return this.#child.kill()
  }

  /** Resolves once it answers. */
  async startAgain(): Promise<void> {
    this.#child = await startChild(this.#stage, this.address)
    await this.#child.address()
  }
}

/** An outage is not to depend on when a token was fetched: all of them live for the five minutes of the default. */
function startChild(stage: Stage, listen: string): Promise<Child> {
  return stage.startAuthority({ listen, revise: (policy) => policy.replace(', ttlSeconds: 60', '') + GRANTS })
}
