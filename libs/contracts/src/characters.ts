/** The first so many characters of a text, as the database and the rules count them: none of them is half a one. */
export const firstOf = (text: string, most: number): string => [...text].slice(0, most).join('');
