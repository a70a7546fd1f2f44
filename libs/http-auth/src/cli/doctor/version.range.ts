/**
 * Returns `true` if a version is in a range of our `package.json`: `^1.2.3`, `>=1.2`, or several of them with `||`. A prerelease counts
 * as its release.
 */
export function isInRange(version: string, range: string): boolean {
  const [given] = [partsOf(version)];
  return range.split('||').some((part) => {
    const lowest = partsOf(part);
    if (compare(given, lowest) < 0) return false;
    if (!part.includes('^')) return true;
    // The first number that is not 0 must be the same.
    const fixed = lowest.findIndex((number) => number > 0) + 1;
    return compare(given.slice(0, fixed), lowest.slice(0, fixed)) === 0;
  });
}

function partsOf(version: string): number[] {
  const [, major = 0, minor = 0, patch = 0] = /(\d+)(?:\.(\d+))?(?:\.(\d+))?/.exec(version) ?? [];
  return [major, minor, patch].map(Number);
}

function compare(a: readonly number[], b: readonly number[]): number {
  return a.map((number, index) => number - (b[index] ?? 0)).find((difference) => difference !== 0) ?? 0;
}
