import { Storefront } from '../../../examples/shop/protos.ts'
import { outcomeOf } from '../call-rows.ts'
import type { Outcome } from '../report.ts'
import type { RevocationScene } from './scene.ts'

/** A call that goes through the whole shop: kiosk → storefront → orders → inventory. */
export function checkoutIn({ kiosk, storefront }: RevocationScene): () => Promise<Outcome> {
  const client = kiosk.createClient(Storefront, 'storefront', storefront.address)
  return () => outcomeOf(client.checkout({ sku: 'tea', quantity: 1 }))
}

export const CHECKOUTS = 'checkouts: kiosk → storefront → orders → inventory'
