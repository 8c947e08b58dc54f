/**
 * A base for classes that add a private field to an object that is there already: nothing that lists or prints the object
 * shows the field. A WeakMap says the same, but its entries cost the garbage collector more than all else about them.
 */
export class Given {
  constructor(object: object) {
    // biome-ignore lint/correctness/noConstructorReturn: so that a subclass adds its private field to this object
    return object
  }
}
