const { FAULT_ROUNDS = '10', FAULT_SEED } = process.env

/** What takes its time is done so many times, or for so long: FAULT_ROUNDS, 10 unless told. */
export const ROUNDS = Number(FAULT_ROUNDS)
if (!Number.isSafeInteger(ROUNDS) || ROUNDS < 1) throw new Error('FAULT_ROUNDS is a count: FAULT_ROUNDS=10.')

/** FAULT_SEED tries again what was tried at random. */
export const SEED: number = FAULT_SEED === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(FAULT_SEED)
