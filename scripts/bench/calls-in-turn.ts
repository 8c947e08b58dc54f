const CALLS_IN_FLIGHT = 16

/** Makes a number of calls, some of them at once, as a busy service does. */
export async function callInTurn(
  call: () => Promise<unknown>,
  count: number,
  inFlight: number = CALLS_IN_FLIGHT,
): Promise<void> {
  let left = count
  const lane = async () => {
    while (left > 0) {
      left -= 1
      await call()
    }
  }
  await Promise.all(Array.from({ length: inFlight }, lane))
}
