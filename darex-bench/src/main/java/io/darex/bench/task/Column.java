package io.darex.bench.task;

import java.util.List;

/**
 * A column of a table, by name or by number.
 *
 * @param name its name in the header or the JSON object; empty if it is known by number
 * @param number counted from 0, or from the end, with −1 the last; meaningless beside a name
 */
public record Column(String name, int number) {
  /** The column of that name. */
  public static Column named(String name) {
    return new Column(name, 0);
  }

  /** The column of that number, from 0; −1 is the last. */
  public static Column at(int number) {
    return new Column("", number);
  }

  /** Where it stands in a table with that many columns of these names; −1 if nowhere. */
  int in(List<String> header, int width) {
    if (!name.isEmpty()) {
      return header.indexOf(name);
    }
    int place = number < 0 ? width + number : number;
    return place < width ? place : -1;
  }

  /** As an error names it, numbers from 1 as editors count. */
  @Override
  public String toString() {
    if (!name.isEmpty()) {
      return "column " + name;
    }
    return number < 0 ? "the last column" : "column " + (number + 1);
  }
}
