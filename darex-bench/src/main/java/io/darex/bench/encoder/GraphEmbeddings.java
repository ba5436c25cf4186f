package io.darex.bench.encoder;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.api.ops.impl.shape.Gather;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The sum of word, position and type embeddings of each token, and the gradients of those tables.
 *
 * <p>The gradients are dense, as optimisers want them, and mostly zero; their arrays are kept from
 * step to step because the one of the words is half of the model.
 */
final class GraphEmbeddings implements AutoCloseable {
  private final EncoderConfig config;
  private final Parameters parameters;
  private final Map<String, INDArray> gradients = new HashMap<>();

  GraphEmbeddings(EncoderConfig config, Parameters parameters) {
    this.config = config;
    this.parameters = parameters;
  }

  /**
   * The embeddings {@code [rows · columns, width]}.
   *
   * @throws IllegalArgumentException if an index lies outside its table: native code would read
   *     foreign memory
   */
  INDArray of(Batch batch) {
    INDArray sum = null;
    for (Map.Entry<String, int[]> table : indices(batch).entrySet()) {
      INDArray rows = rows(table.getKey(), table.getValue());
      if (sum == null) {
        sum = rows;
      } else {
        sum.addi(rows);
        rows.close();
      }
    }
    return sum;
  }

  /** The gradients of the tables, given that of the embeddings. Valid until the next call. */
  Map<String, INDArray> gradients(Batch batch, INDArray embedded) {
    Map<String, int[]> indices = indices(batch);
    if (gradients.isEmpty()) {
      indices.keySet().forEach(table -> gradients.put(table, parameters.get(table).like()));
    }
    indices.forEach((table, rows) -> scatter(gradients.get(table).assign(0), rows, embedded));
    return gradients;
  }

  private INDArray rows(String table, int[] indices) {
    try (INDArray ids = Nd4j.createFromArray(indices)) {
      return Nd4j.exec(new Gather(parameters.get(table), ids, 0))[0];
    }
  }

  /** The op's flag locks: without it, threads that meet at a repeated token lose additions. */
  private static void scatter(INDArray table, int[] indices, INDArray updates) {
    try (INDArray ids = Nd4j.createFromArray(indices)) {
      Nd4j.exec(
          DynamicCustomOp.builder("scatter_add")
              .addInputs(table, ids, updates)
              .addOutputs(table)
              .addBooleanArguments(true)
              .callInplace(true)
              .build());
    }
  }

  /** The rows of each table by its name, for every place of the batch; row 0 at padding. */
  private Map<String, int[]> indices(Batch batch) {
    Packed packed = new Packed(batch, config);
    Family family = config.family();
    Map<String, int[]> indices = new LinkedHashMap<>();
    indices.put(family.words(), atPlaces(packed, packed.ids, batch));
    indices.put(family.positions(), atPlaces(packed, packed.positions, batch));
    if (config.typeVocabSize() > 0) {
      indices.put(family.types(), atPlaces(packed, packed.types, batch));
    }
    return indices;
  }

  private static int[] atPlaces(Packed packed, int[] perToken, Batch batch) {
    int[] all = new int[batch.ids().length];
    for (int token = 0; token < packed.tokens; token++) {
      all[packed.places[token]] = perToken[token];
    }
    return all;
  }

  @Override
  public void close() {
    gradients.values().forEach(INDArray::close);
    gradients.clear();
  }
}
