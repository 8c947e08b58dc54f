/**
 * How proto-loader shows messages: field names in camelCase, 64-bit integers and enums as text,
 * absent fields with their defaults. Types are generated with the same options.
 */
export const PROTO_OPTIONS = { keepCase: false, longs: String, enums: String, defaults: true, oneofs: true } as const
