// class-validator-jsonschema wants class-transformer's metadata, which has no public door.
declare module 'class-transformer/cjs/storage.js' {
  export const defaultMetadataStorage: object;
}
