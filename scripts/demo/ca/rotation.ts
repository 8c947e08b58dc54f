import { WITH_PASSPHRASE } from './passphrase-file.ts'
import { type CaScene, everyoneMeets } from './scene.ts'

type Kind = 'intermediate' | 'root'

type RotationStep = 'prepare' | 'activate' | 'retire'

/** The steps of a rotation. After each of them, all that is valid must be accepted by all that is valid. */
export class Rotation {
  readonly #scene: CaScene
  readonly #kind: Kind

  constructor(scene: CaScene, kind: Kind) {
    this.#scene = scene
    this.#kind = kind
  }

  /** @param name of what is made: `intermediate 2` */
  async prepare(name: string): Promise<void> {
    const told = (result: Prepared) => {
      const label = 'prepared' in result ? result.prepared : result.name
      return `${this.#name(label)} (${label}) is prepared.`
    }
    await this.#run<Prepared>('prepare', told, `${name} (`)
  }

  async activate(name: string, former: readonly string[]): Promise<void> {
    const told = ({ active, retiring }: Activated) => toldActive(this.#name(active), this.#names(retiring))
    await this.#run<Activated>('activate', told, toldActive(name, former))
  }

  async retire(former: string): Promise<void> {
    const told = ({ retired }: Retired) => `${this.#names(retired).join(' and ')} is retired, and its key set aside.`
    await this.#run<Retired>('retire', told, `${former} is retired`)
  }

  /** Tries a step before its time. */
  async refuses(step: RotationStep, words: string): Promise<void> {
    await this.#scene.operator.runRefused(this.#command(step), 'REQUEST_INVALID', words)
  }

  async #run<Result>(step: RotationStep, tell: (result: Result) => string, words: string): Promise<void> {
    await this.#scene.operator.run(this.#command(step), tell, words)
    await everyoneMeets(this.#scene)
  }

  /** To retire a root, the next one signs that it is gone. */
  #command(step: RotationStep): string {
    const usesKey = step === 'prepare' || (step === 'retire' && this.#kind === 'root')
    return `ca rotate ${step} ${this.#kind}${usesKey ? ` ${WITH_PASSPHRASE}` : ''}`
  }

  #name(label: string): string {
    return this.#scene.names.of(label)
  }

  #names(labels: string | readonly string[]): readonly string[] {
    return [labels].flat().map((label) => this.#name(label))
  }
}

/** Of a root, what is prepared; of an intermediate, what was made. */
type Prepared = { readonly prepared: string } | { readonly name: string }

interface Activated {
  readonly active: string
  /** Of roots there is one. */
  readonly retiring: string | readonly string[]
}

interface Retired {
  readonly retired: readonly string[]
}

function toldActive(active: string, retiring: readonly string[]): string {
  return `${active} is active, ${retiring.join(' and ') || 'nothing'} retiring.`
}
