/** Of the product, as in package.json (a test compares): importing that file would put all of it into every bundle. */
export const version = '0.1.0'
