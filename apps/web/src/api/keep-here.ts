/** Keeps something in this browser. False where it has no room left, or keeps nothing: then it lasts as long as whoever holds it. */
export function keepHere(name: string, value: string): boolean {
  try {
    localStorage.setItem(name, value);
    return true;
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    console.warn(`${name} could not be kept in this browser`, error);
    return false;
  }
}
