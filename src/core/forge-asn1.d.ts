declare module 'node-forge/lib/asn1.js' {
  interface Asn1Node {
    tagClass: number
    type: number
    constructed: boolean
    value: Asn1Node[] | string
  }

  interface ParseOptions {
    strict: boolean
    parseAllBytes: boolean
    decodeBitStrings: boolean
    maxDepth: number
  }

  interface ByteStringBuffer {
    getBytes(): string
  }

  interface Asn1 {
    fromDer(bytes: string, options: ParseOptions): Asn1Node
    oidToDer(oid: string): ByteStringBuffer
    derToOid(bytes: string): string
  }

  const asn1: Asn1
  export default asn1
}
