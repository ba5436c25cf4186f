package io.darex.bench.encoder;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The gradient function of a {@link EncoderGraph}, made once and run for every step. */
final class TrainingGraph {
  private final List<EncoderGraph.Dropout> dropouts;
  private final GraphSession session;

  /** What a run computes, in SameDiff's names, each with the name it is returned under. */
  private final Map<String, String> outputs = new LinkedHashMap<>();

  TrainingGraph(EncoderGraph forward) {
    dropouts = forward.dropouts();
    SameDiff graph = forward.graph();
    List<String> differentiated = new ArrayList<>(forward.parameterNames());
    differentiated.add(EncoderGraph.EMBEDDED);
    createGradFunction(graph, differentiated);
    outputs.put(EncoderGraph.LOSS, EncoderGraph.LOSS);
    for (String name : differentiated) {
      outputs.put(graph.getVariable(name).getGradient().name(), name);
    }
    session = new GraphSession(graph.getFunction("grad"));
  }

  /** Loss and gradients, the latter by the name of what they are gradients of. */
  Map<String, INDArray> run(Map<String, INDArray> inputs) {
    Map<String, INDArray> results = new HashMap<>();
    session
        .run(inputs, List.copyOf(outputs.keySet()))
        .forEach((name, array) -> results.put(outputs.get(name), array));
    return results;
  }

  /** The dropout masks of one step by input name. */
  Map<String, INDArray> masks(long seed, DataType type, Batch batch) {
    DropoutMasks masks = new DropoutMasks(seed);
    Map<String, INDArray> inputs = new HashMap<>();
    for (EncoderGraph.Dropout dropout : dropouts) {
      inputs.put(
          dropout.name(),
          masks.next(dropout.rate(), type, dropout.shape().of(batch.rows(), batch.columns())));
    }
    return inputs;
  }

  /** SameDiff prints a line per op to stdout, which belongs to results. */
  private static synchronized void createGradFunction(SameDiff graph, List<String> names) {
    PrintStream out = System.out;
    System.setOut(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8));
    try {
      graph.createGradFunction(names.toArray(String[]::new));
    } finally {
      System.setOut(out);
    }
  }
}
