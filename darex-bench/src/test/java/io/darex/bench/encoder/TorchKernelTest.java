package io.darex.bench.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.darex.optim.AdamR;
import io.darex.optim.AdamROptimizer;
import io.darex.optim.Anchor;
import io.darex.optim.Normalisation;
import io.darex.optim.Penalty;
import io.darex.optim.StepReport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.schedule.ISchedule;

/** AdamR's step as operations of PyTorch, against its oracle. */
@Tag("torch")
class TorchKernelTest {
  private static final Path ORACLE = Path.of("../darex-optim/src/test/resources/adamr.json");

  /** Trajectories of the reference in plain Python floats; its loss is differentiated here. */
  @ParameterizedTest
  @ValueSource(strings = {"FLOAT", "DOUBLE"})
  void followsTheReference(DataType type) throws IOException {
    Engine.TORCH.missing().ifPresent(why -> assumeTrue(false, why));
    JsonNode oracle = new ObjectMapper().readTree(ORACLE.toFile());
    for (JsonNode run : oracle.get("cases")) {
      assertThat(worstError(oracle, run, type))
          .as(run.get("penalty").asText())
          .isLessThan(type == DataType.FLOAT ? 1e-5 : 1e-12);
    }
  }

  private static double worstError(JsonNode oracle, JsonNode run, DataType type) {
    JsonNode problem = oracle.get("problem");
    SortedMap<String, INDArray> start = arrays(problem, "start", type);
    Map<String, Tensor> leaves = new TreeMap<>();
    start.forEach(
        (name, array) -> leaves.put(name, TorchOps.shared(array).clone().requires_grad_(true)));
    List<Double> rates = new ArrayList<>();
    oracle.get("learningRates").forEach(rate -> rates.add(rate.asDouble()));
    AdamR adamR =
        AdamR.builder()
            .learningRateSchedule(new Rates(rates))
            .lambda(run.get("lambda").asDouble())
            .beta1(oracle.get("beta1").asDouble())
            .beta2(oracle.get("beta2").asDouble())
            .epsilon(run.get("epsilon").asDouble())
            .penalty(Penalty.of(run.get("penalty").asText()))
            .normalisation(Normalisation.of(run.get("normalisation").asText()))
            .build();
    AdamROptimizer optimizer =
        new AdamROptimizer(
            adamR,
            start,
            Anchor.of(arrays(problem, "anchor", type)),
            (name, parameter, m, v, anchor) ->
                new TorchKernel(
                    leaves.get(name),
                    () -> {},
                    () -> TorchOps.shared(parameter).copy_(leaves.get(name).detach()),
                    m,
                    v,
                    anchor));
    Map<String, Map<String, Tensor>> constants = new TreeMap<>();
    for (String key : List.of("a", "b", "c")) {
      Map<String, Tensor> tensors = new TreeMap<>();
      arrays(problem, key, type)
          .forEach((name, x) -> tensors.put(name, TorchOps.shared(x).clone()));
      constants.put(key, tensors);
    }
    double worst = 0;
    for (int t = 1; t <= rates.size(); t++) {
      leaves.forEach(
          (name, theta) -> {
            if (theta.grad().defined()) {
              theta.grad().zero_();
            }
            Tensor bowl =
                theta.sub(constants.get("b").get(name)).square().mul(constants.get("a").get(name));
            Tensor waves = theta.mul(constants.get("c").get(name)).cos();
            TorchOps.scaled(bowl, 0.5).add(waves).sum().backward();
          });
      StepReport report = optimizer.step();
      JsonNode snapshot = run.get("steps").get(String.valueOf(t));
      if (snapshot != null) {
        optimizer.deltas(); // brings the arrays up to date
        worst = Math.max(worst, relative(snapshot.get("s").asDouble(), report.s()));
        worst = Math.max(worst, relative(snapshot.get("pull").asDouble(), report.pull()));
        for (Map.Entry<String, INDArray> theta : start.entrySet()) {
          JsonNode expected = snapshot.get("theta").get(theta.getKey());
          for (int i = 0; i < expected.size(); i++) {
            double actual = theta.getValue().data().getDouble(i);
            worst = Math.max(worst, relative(expected.get(i).asDouble(), actual));
          }
        }
      }
    }
    return worst;
  }

  private static double relative(double expected, double actual) {
    return Math.abs(expected - actual) / Math.max(0.1, Math.abs(expected));
  }

  private static SortedMap<String, INDArray> arrays(JsonNode problem, String key, DataType type) {
    SortedMap<String, INDArray> arrays = new TreeMap<>();
    problem
        .properties()
        .forEach(
            parameter -> {
              JsonNode values = parameter.getValue().get(key);
              if (values.isArray()) {
                JsonNode shape = parameter.getValue().get("shape");
                arrays.put(
                    parameter.getKey(),
                    Nd4j.createFromArray(doubles(values))
                        .reshape(Arrays.stream(doubles(shape)).mapToLong(d -> (long) d).toArray())
                        .castTo(type));
              }
            });
    return arrays;
  }

  private static double[] doubles(JsonNode numbers) {
    double[] doubles = new double[numbers.size()];
    Arrays.setAll(doubles, i -> numbers.get(i).asDouble());
    return doubles;
  }

  /** One an iteration. */
  private record Rates(List<Double> rates) implements ISchedule {
    @Override
    public double valueAt(int iteration, int epoch) {
      return rates.get(iteration);
    }

    @Override
    public Rates clone() {
      return this;
    }
  }
}
