import { loadProtos } from 'countersign'
import type { ProtoGrpcType } from './gen/shop.ts'

export const { Storefront, Orders, Inventory } = loadProtos<ProtoGrpcType>(['shop/v1/shop.proto'], {
  directories: [new URL('./proto', import.meta.url)],
}).shop.v1
