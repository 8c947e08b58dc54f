import type { Loop } from './loops.ts'
import type { Place } from './place.ts'

/** What a worker is told to do. */
export type Order = RunOrder | LoopOrder

/** Runs a command once. */
export interface RunOrder {
  readonly args: readonly string[]
  readonly fault?: Fault
}

/** Runs commands until it is killed. */
export interface LoopOrder {
  readonly loop: Loop
  readonly place: Place
  readonly seed: number
}

/**
 * What befalls a worker at a call that it makes to its files or its store:
 * - die: it is killed before, and half of what it was to write is written
 * - pause: it stops before, until it is told to go on: others have their turn
 * - full, readonly: from then on nothing can be written, as the disk is full, or allows nobody to
 */
export interface Fault {
  readonly kind: 'die' | 'pause' | 'full' | 'readonly'
  /** From 1 on. */
  readonly call: number
}

/** Where a worker says that it pauses, and waits to be told to go on. */
export const PAUSE_FD = 4

/** What became of a command. */
export interface Report {
  readonly args: readonly string[]
  readonly exitCode: number
  readonly out: string
  readonly err: string
  /** How many calls it took. */
  readonly calls: number
}
