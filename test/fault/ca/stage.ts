import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { parsePassphrase } from '../../../src/identity/passphrase.ts'
import type { Crew } from './crew.ts'
import { Evidence } from './evidence.ts'
import type { Report } from './orders.ts'
import { OutsideRoot } from './outside-root.ts'
import { PASSPHRASE, type Place, placeIn, preparePlace } from './place.ts'
import type { Examination } from './problems.ts'
import type { Tally } from './tally.ts'

/** The arguments of a command, and what is done by hand before it. */
export type Step = (place: Place, roots: OutsideRoots) => readonly string[] | Promise<readonly string[]>

export interface OutsideRoots {
  readonly first: OutsideRoot
  readonly second: OutsideRoot
}

export interface StageOptions {
  readonly before: readonly Step[]
  readonly isEncrypted?: boolean
  /** Where the root is kept elsewhere: what it may sign. */
  readonly outside?: { readonly isStating: boolean }
}

/** What tests share. */
export interface Theatre {
  readonly crew: Crew
  readonly tally: Tally
}

/** A CA that is made once, and copied for each time that something befalls it. */
export class Stage {
  readonly crew: Crew
  readonly tally: Tally
  readonly roots: OutsideRoots
  readonly isEncrypted: boolean
  readonly #isOutside: boolean
  readonly #directory: string

  static async create(directory: string, options: StageOptions, theatre: Theatre): Promise<Stage> {
    const { isStating } = options.outside ?? { isStating: true }
    const first = await OutsideRoot.create(join(directory, 'first-root'), { isStating })
    const second = await OutsideRoot.create(join(directory, 'second-root'), { isStating })
    const stage = new Stage(directory, options, { first, second }, theatre)
    const place = stage.#placeOf('made')
    await preparePlace(place)
    for (const step of options.before) await stage.succeed(place, step)
    return stage
  }

  private constructor(directory: string, options: StageOptions, roots: OutsideRoots, { crew, tally }: Theatre) {
    this.crew = crew
    this.tally = tally
    this.roots = roots
    this.isEncrypted = options.isEncrypted === true
    this.#isOutside = options.outside !== undefined
    this.#directory = directory
  }

  /** The CA as it was made, in place of the copy before. */
  async copy(): Promise<Place> {
    const copy = this.#placeOf('copy')
    await rm(copy.base, { recursive: true, force: true })
    await cp(this.#placeOf('made').base, copy.base, { recursive: true, preserveTimestamps: true })
    return copy
  }

  async run(place: Place, step: Step): Promise<Report> {
    return this.crew.worker('steady', this.isEncrypted).run(...(await step(place, this.roots)))
  }

  async succeed(place: Place, step: Step): Promise<Report> {
    const report = await this.run(place, step)
    if (report.exitCode === 0) return report
    throw new Error(`${report.args.join(' ')}: ${report.err}`)
  }

  /** How a copy is looked at, from now on. */
  examine(place: Place): Omit<Examination, 'mayLeaveTemporaries' | 'isSettled'> {
    const { first, second } = this.roots
    const given = this.#isOutside ? [first.certificate, second.certificate] : []
    const passphrase = this.isEncrypted ? parsePassphrase(PASSPHRASE, 'test') : undefined
    return { base: place.base, directory: place.dir, evidence: new Evidence(given), passphrase, tally: this.tally }
  }

  #placeOf(name: string): Place {
    return placeIn(join(this.#directory, name), this)
  }
}
