package io.darex.bench.encoder;

import io.darex.prune.Checkpoint;
import io.darex.prune.SparseDelta;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A BERT encoder on SameDiff: one graph for inference, one with dropout and loss for gradients,
 * both over the same parameter arrays.
 */
public final class SameDiffBert implements Encoder {
  /** Added to the scores of padding: far below any score, and exact in fp32. */
  private static final double PADDED = -1e9;

  private final EncoderConfig config;
  private final DataType type;
  private final Parameters parameters;
  private final BertEmbeddings embeddings;
  private final GraphSession inference;
  private TrainingGraph training;
  private Map<String, INDArray> lastGradients = Map.of();

  /**
   * An encoder with the weights of {@code checkpoint}.
   *
   * @param config with labels for a classification head
   * @param headSeed seed of the head (normal, σ = 0.02, bias 0) where the checkpoint has none
   * @throws IllegalArgumentException as {@link #load} does
   */
  public SameDiffBert(EncoderConfig config, Checkpoint checkpoint, long headSeed) {
    this(config, checkpoint, headSeed, DataType.FLOAT);
  }

  SameDiffBert(EncoderConfig config, Checkpoint checkpoint, long headSeed, DataType type) {
    if (config.family() != Family.BERT || config.activation() != Activation.GELU) {
      throw new IllegalArgumentException(
          "the SameDiff engine computes model_type bert with hidden_act gelu alone, not "
              + config.family().modelType()
              + " with "
              + config.activation().names().get(0));
    }
    this.config = config;
    this.type = type;
    parameters = Parameters.started(config, checkpoint, headSeed, type);
    embeddings = new BertEmbeddings(config, parameters);
    inference = new GraphSession(new BertGraph(config, parameters.arrays(), type, false).graph());
  }

  @Override
  public EncoderConfig config() {
    return config;
  }

  @Override
  public float[][] logits(Batch batch) {
    config.requireHead();
    try (INDArray logits = infer(batch, BertGraph.LOGITS)) {
      return logits.toFloatMatrix();
    }
  }

  @Override
  public float[] lastHidden(Batch batch) {
    try (INDArray hidden = infer(batch, BertGraph.HIDDEN);
        INDArray rowMajor = hidden.dup('c')) {
      return rowMajor.data().asFloat();
    }
  }

  @Override
  public float[][] pooled(Batch batch) {
    try (INDArray pooled = infer(batch, BertGraph.POOLED)) {
      return pooled.toFloatMatrix();
    }
  }

  private INDArray infer(Batch batch, String output) {
    Map<String, INDArray> inputs = inputs(batch);
    try {
      return inference.run(inputs, List.of(output)).get(output);
    } finally {
      closeAll(inputs);
    }
  }

  @Override
  public Gradients gradients(Batch batch, int[] labels, long dropoutSeed) {
    Loss.crossEntropy(config, batch, labels); // checks them
    INDArray wanted = Nd4j.zeros(type, labels.length, config.classes());
    for (int row = 0; row < labels.length; row++) {
      wanted.putScalar(row, labels[row], 1);
    }
    return gradients(batch, wanted, dropoutSeed);
  }

  @Override
  public Gradients gradients(Batch batch, float[] targets, long dropoutSeed) {
    Loss.squaredError(config, batch, targets); // checks them
    INDArray wanted = Nd4j.createFromArray(targets).reshape(targets.length, 1).castTo(type);
    return gradients(batch, wanted, dropoutSeed);
  }

  private Gradients gradients(Batch batch, INDArray wanted, long dropoutSeed) {
    Map<String, INDArray> inputs = inputs(batch);
    closeAll(lastGradients);
    lastGradients = Map.of();
    if (training == null) {
      training = new TrainingGraph(new BertGraph(config, parameters.arrays(), type, true));
    }
    inputs.put(BertGraph.LABELS, wanted);
    try {
      inputs.putAll(training.masks(dropoutSeed, type, batch));
      Map<String, INDArray> outputs = training.run(inputs);
      lastGradients = outputs;
      SortedMap<String, INDArray> gradients = new TreeMap<>(outputs);
      double loss = gradients.remove(BertGraph.LOSS).getDouble(0);
      INDArray embedded = gradients.remove(BertGraph.EMBEDDED);
      gradients.putAll(embeddings.gradients(batch, embedded));
      return new Gradients(loss, gradients);
    } finally {
      closeAll(inputs);
    }
  }

  @Override
  public Map<String, INDArray> parameters() {
    return parameters.arrays();
  }

  @Override
  public Checkpoint checkpoint() {
    return parameters.snapshot();
  }

  @Override
  public void load(Checkpoint checkpoint) {
    parameters.load(checkpoint);
  }

  @Override
  public void attach(SparseDelta delta) {
    throw new IllegalArgumentException(
        "the SameDiff engine keeps no delta beside its weights: expected ND4J on a processor");
  }

  @Override
  public void detach() {
    // There never is one.
  }

  @Override
  public MultiplyAdds multiplyAdds() {
    throw new IllegalStateException("no delta is attached");
  }

  @Override
  public void close() {
    closeAll(lastGradients);
    lastGradients = Map.of();
    embeddings.close();
    parameters.close();
  }

  private Map<String, INDArray> inputs(Batch batch) {
    long rows = batch.rows();
    long columns = batch.columns();
    long heads = config.heads();
    long width = config.hiddenSize() / heads;
    Map<String, INDArray> inputs = new HashMap<>();
    inputs.put(BertGraph.EMBEDDED, embeddings.of(batch));
    double[] padding = Arrays.stream(batch.mask()).mapToDouble(m -> m == 1 ? 0 : PADDED).toArray();
    inputs.put(BertGraph.PADDING, Nd4j.create(padding, new long[] {rows, 1, 1, columns}, type));
    inputs.put(BertGraph.SPLIT, Nd4j.createFromArray(rows, columns, heads, width));
    inputs.put(BertGraph.SPLIT_FIRST, Nd4j.createFromArray(rows, 1, heads, width));
    return inputs;
  }

  private static void closeAll(Map<String, INDArray> arrays) {
    arrays.values().forEach(INDArray::close);
  }
}
