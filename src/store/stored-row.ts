import { messageOf } from '../core/errors.ts'
import { damagedRecord } from './store-failure.ts'

const HEX = /^(?:[0-9a-f]{2})+$/

/** Parses the columns of a row: what is not as it was written is refused, never guessed. */
export class StoredRow<Column extends string> {
  readonly #table: string
  readonly #row: Readonly<Record<Column, unknown>>

  constructor(table: string, row: Readonly<Record<Column, unknown>>) {
    this.#table = table
    this.#row = row
  }

  isNull(column: Column): boolean {
    return this.#row[column] === null
  }

  text(column: Column): string {
    const value = this.#row[column]
    return typeof value === 'string' ? value : this.#refuse(column, 'no text')
  }

  integer(column: Column): number {
    const value = this.#row[column]
    return Number.isSafeInteger(value) ? (value as number) : this.#refuse(column, 'no whole number')
  }

  /** In lowercase hex, whole bytes. */
  hex(column: Column): string {
    const text = this.text(column)
    return HEX.test(text) ? text : this.#refuse(column, 'no hex')
  }

  /** One of the keys of `known`. */
  keyOf<Key extends string>(column: Column, known: Readonly<Record<Key, unknown>>): Key {
    const text = this.text(column)
    return Object.hasOwn(known, text) ? (text as Key) : this.#refuse(column, `unknown: ${text}`)
  }

  /** @param parse throws for what it refuses */
  parsed<Value>(column: Column, parse: (text: string) => Value): Value {
    const text = this.text(column)
    try {
      return parse(text)
    } catch (error) {
      return this.#refuse(column, messageOf(error))
    }
  }

  #refuse(column: Column, problem: string): never {
    throw damagedRecord(`${this.#table}.${column}: ${problem}`)
  }
}
