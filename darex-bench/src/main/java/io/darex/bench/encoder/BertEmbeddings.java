package io.darex.bench.encoder;

import java.util.Arrays;
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
final class BertEmbeddings implements AutoCloseable {
  private final EncoderConfig config;
  private final Parameters parameters;
  private Map<String, INDArray> gradients = Map.of();

  BertEmbeddings(EncoderConfig config, Parameters parameters) {
    this.config = config;
    this.parameters = parameters;
  }

  /**
   * The embeddings {@code [rows · columns, hidden]}.
   *
   * @throws IllegalArgumentException if an index lies outside its table: native code would read
   *     foreign memory
   */
  INDArray of(Batch batch) {
    if (batch.columns() > config.maxPositions()) {
      throw new IllegalArgumentException(
          "text of "
              + batch.columns()
              + " tokens, the encoder has "
              + config.maxPositions()
              + " positions");
    }
    check("token id", batch.ids(), config.vocabSize());
    Packed.checkTypes(batch.types(), config.typeVocabSize());
    INDArray sum = rows(Parameters.WORDS, batch.ids());
    try (INDArray positions = rows(Parameters.POSITIONS, positions(batch));
        INDArray types = rows(Parameters.TYPES, batch.types())) {
      return sum.addi(positions).addi(types);
    }
  }

  /** The gradients of the three tables, given that of the embeddings. Valid until the next call. */
  Map<String, INDArray> gradients(Batch batch, INDArray embedded) {
    if (gradients.isEmpty()) {
      gradients =
          Map.of(
              Parameters.WORDS, parameters.get(Parameters.WORDS).like(),
              Parameters.POSITIONS, parameters.get(Parameters.POSITIONS).like(),
              Parameters.TYPES, parameters.get(Parameters.TYPES).like());
    } else {
      gradients.values().forEach(array -> array.assign(0));
    }
    scatter(gradients.get(Parameters.WORDS), batch.ids(), embedded);
    scatter(gradients.get(Parameters.POSITIONS), positions(batch), embedded);
    scatter(gradients.get(Parameters.TYPES), batch.types(), embedded);
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

  private static int[] positions(Batch batch) {
    int[] positions = new int[batch.ids().length];
    Arrays.setAll(positions, i -> i % batch.columns());
    return positions;
  }

  private static void check(String what, int[] indices, int size) {
    for (int index : indices) {
      if (index < 0 || index >= size) {
        throw new IllegalArgumentException(what + " must lie in [0, " + size + "): " + index);
      }
    }
  }

  @Override
  public void close() {
    gradients.values().forEach(INDArray::close);
  }
}
