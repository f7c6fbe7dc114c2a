/** `name` below a path, whether that ends in a slash or not. */
export function below(path: string, name: string): string {
  return path === "" || path.endsWith("/") ? `${path}${name}` : `${path}/${name}`;
}
