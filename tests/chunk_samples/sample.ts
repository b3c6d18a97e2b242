import { Readable } from 'stream';

export const LIMIT: number = 10;

/** A stored item. */
export interface Item {
  id: string;
  close(): void;
}

export type Items = Record<string, Item>;

export enum State {
  Open,
  Closed,
}

/**
 * Keeps items.
 */
@Injectable()
export class Store<T extends Item> implements Iterable<T> {
  private items: T[] = [];

  constructor(private readonly name: string) {}

  // Finds an item.
  @Memo()
  find(id: string): T | undefined {
    return this.items.find((item) => item.id === id);
  }

  handle = (event: Event): void => {
    console.log(event);
  };
}

export abstract class Shape {
  abstract area(): number;
}

namespace Tools {
  export function trim(text: string): string {
    return text.trim();
  }
}

declare module 'legacy' {
  export function connect(url: string): void;
}

export const load = async <T,>(url: string): Promise<T> => {
  return fetch(url) as unknown as T;
};

export default function main(): void {}
