/** From the acknowledgement of a revocation to the last call that is let through, where the authority stays up. */
export const BOUND_MS = 1_000

/**
 * How long after an authority is back a verifier may take to come to it: it doubles its waits while the authority is away,
 * from 200 ms on, so that it waits no longer than it has waited before.
 * @param awayMs for how long the authority was away
 */
export function comingBackMs(awayMs: number): number {
  return Math.min(5_000, 2 * awayMs + 200)
}
