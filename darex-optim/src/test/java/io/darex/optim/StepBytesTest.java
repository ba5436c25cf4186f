package io.darex.optim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The bytes of a few steps as they have always been: runs in a JVM with the vector module and, as
 * {@link WithoutVectorModuleTest} does, in one without it.
 */
class StepBytesTest {
  private static final int STEPS = 5;

  @ParameterizedTest
  @CsvSource({"L2, 4255a5dac0daa131", "L1, 88ab274ecbc414ad", "L1_PROX, 01eb2f88e3a3d90d"})
  void areTheSameInEveryJvm(Penalty penalty, String digest)
      throws IOException, NoSuchAlgorithmException {
    Random random = new Random(11);
    Map<String, INDArray> parameters =
        new TreeMap<>(
            Map.of(
                "body", array(random, DataType.FLOAT, AdamRStep.PIECE + 3),
                "head", array(random, DataType.FLOAT, 17),
                "wide", array(random, DataType.DOUBLE, 1001)));
    AdamR config =
        AdamR.builder()
            .learningRate(1e-2)
            .lambda(0.1)
            .beta1(0.5) // whose powers, as those of 0.75, are exact on every processor
            .beta2(0.75)
            .penalty(penalty)
            .maxGradientNorm(100)
            .build();
    Anchor anchor = Anchor.start(name -> !name.equals("head"));
    AdamROptimizer optimizer = new AdamROptimizer(config, parameters, anchor);
    for (int step = 0; step < STEPS; step++) {
      Map<String, INDArray> gradients = new TreeMap<>();
      parameters.forEach(
          (name, array) ->
              gradients.put(name, array(random, array.dataType(), (int) array.length())));
      optimizer.step(gradients);
    }
    assertThat(digest(parameters, optimizer.state())).isEqualTo(digest);
  }

  private static INDArray array(Random random, DataType type, int length) {
    double[] values = random.doubles(length, -1, 1).toArray();
    return Nd4j.createFromArray(values).castTo(type);
  }

  private static String digest(Map<String, INDArray> weights, Map<String, INDArray> moments)
      throws IOException, NoSuchAlgorithmException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      for (Map<String, INDArray> arrays : List.of(weights, moments)) {
        for (INDArray array : arrays.values()) {
          for (double value : array.toDoubleVector()) {
            out.writeDouble(value);
          }
        }
      }
    }
    return HexFormat.of()
        .formatHex(MessageDigest.getInstance("SHA-256").digest(bytes.toByteArray()), 0, 8);
  }
}
