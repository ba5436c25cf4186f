package io.darex.prune.delta;

import io.darex.prune.Tensor;
import io.darex.prune.tensor.ByteTensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * What a sparse-delta file says of its pruned tensors besides places and values (docs/FORMAT.md
 * §5). {@link DeltaTableReader} reads it.
 *
 * @param rows one for each tensor, in order of their names
 * @param fallback the q of tensors that are not in the file
 * @param hasRates whether tensors have drop rates of their own
 */
record DeltaTable(List<Row> rows, double fallback, boolean hasRates) {
  /** The most dimensions a tensor can have. */
  static final int MAX_RANK = 64;

  /** A name can be like one of so many before it. */
  static final int MAX_BACK = 255;

  /** Copies the rows. */
  DeltaTable {
    rows = List.copyOf(rows);
  }

  /**
   * One tensor.
   *
   * @param name its name
   * @param shape its dimensions
   * @param kept how many entries are kept; of mask {@code columns}, how many columns
   * @param parameter that of its gaps; 0 where there are none
   * @param magnitude that of its kept values, where the file has their signs alone; else 0
   * @param q what its kept values are divided by
   * @param dropRate its own, where the tensors have drop rates of their own; else 0
   */
  @SuppressWarnings("ArrayRecordComponent") // a carrier of arrays, never compared
  record Row(
      String name,
      long[] shape,
      long kept,
      int parameter,
      float magnitude,
      double q,
      double dropRate) {}

  /**
   * Which parts depend on the rest of the file.
   *
   * @param places whether it has places, and so parameters
   * @param signs whether it has signs, and so magnitudes
   */
  record Parts(boolean places, boolean signs) {}

  /** The table as a tensor of a file: U8 {@code [bytes]}. */
  Tensor encode(String name, Parts parts) {
    TableBytes bytes = new TableBytes();
    bytes.number(rows.size());
    NameCode.encode(rows.stream().map(Row::name).toList(), bytes);
    distinct(
        List.of(),
        rows.stream().map(row -> Arrays.stream(row.shape()).boxed().toList()).toList(),
        shape -> {
          bytes.number(shape.size());
          shape.forEach(bytes::number);
        },
        bytes);
    rows.forEach(row -> bytes.number(row.kept()));
    List<Row> kept = rows.stream().filter(row -> row.kept() > 0).toList();
    if (parts.places()) {
      kept.forEach(row -> bytes.add((byte) row.parameter()));
    }
    if (parts.signs()) {
      kept.forEach(row -> bytes.f32(row.magnitude()));
    }
    distinct(List.of(fallback), rows.stream().map(Row::q).toList(), bytes::f64, bytes);
    List<Double> rates = hasRates ? rows.stream().map(Row::dropRate).toList() : List.of();
    distinct(List.of(), rates, bytes::f64, bytes);
    return new ByteTensor(name, bytes.toArray());
  }

  /**
   * Writes how many different values there are, and these in the order they come in; then, if they
   * are more than one, the number of each tensor's.
   *
   * @param first values that come before all others
   */
  private static <T> void distinct(
      List<T> first, List<T> values, Consumer<T> writer, TableBytes bytes) {
    Map<T, Integer> numbers = new LinkedHashMap<>();
    List<T> all = new ArrayList<>(first);
    all.addAll(values);
    all.forEach(value -> numbers.putIfAbsent(value, numbers.size()));
    bytes.number(numbers.size());
    numbers.keySet().forEach(writer);
    if (numbers.size() > 1) {
      values.forEach(value -> bytes.number(numbers.get(value)));
    }
  }
}
