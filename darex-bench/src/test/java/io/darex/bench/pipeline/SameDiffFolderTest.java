package io.darex.bench.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.darex.optim.AdamR;
import io.darex.optim.Anchor;
import io.darex.optim.SameDiffAdamR;
import io.darex.optim.WarmupLinearSchedule;
import io.darex.prune.Tensor;
import io.darex.prune.safetensors.Safetensors;
import io.darex.prune.tensor.FloatTensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/** A SameDiff training kept in our own files, which have no limit of 1 GiB. */
class SameDiffFolderTest {
  private static final Anchor BODY = Anchor.start(Anchor.matching("body"));
  private static final List<String> WEIGHTS = List.of("body", "head");

  @TempDir private Path folder;

  @Test
  void goesOnBitwiseFromSafetensors() throws IOException {
    SameDiff straight = network(1);
    SameDiffAdamR training = AdamR.attach(straight, BODY);
    fit(straight, 0, 3);
    save(straight, training);
    fit(straight, 3, 4);

    SameDiff resumed = network(2);
    SameDiffAdamR attached = AdamR.attach(resumed, BODY);
    Map<String, INDArray> saved = load();
    WEIGHTS.forEach(name -> resumed.getVariable(name).getArr().assign(saved.remove(name)));
    attached.restore(3, 3, saved);
    fit(resumed, 3, 4);

    for (String name : WEIGHTS) {
      assertThat(resumed.getVariable(name).getArr().data().asFloat())
          .isEqualTo(straight.getVariable(name).getArr().data().asFloat());
    }
    assertThat(attached.lastStep()).isEqualTo(training.lastStep());
    assertThat(attached.deltas()).isEqualTo(training.deltas());
  }

  @Test
  void refusesAnotherNetworksState() {
    SameDiffAdamR attached = AdamR.attach(network(1), BODY);

    assertThatThrownBy(
            () ->
                attached.restore(
                    1, 1, Map.of("m:body", Nd4j.zeros(2, 2), "v:tail", Nd4j.zeros(3, 4))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "saved state does not fit: m:body: expected FLOAT[3, 4], got FLOAT[2, 2];"
                + " v:tail is unknown");
  }

  private void save(SameDiff sd, SameDiffAdamR training) throws IOException {
    List<Tensor> tensors = new ArrayList<>();
    Map<String, INDArray> arrays = new TreeMap<>(training.state());
    WEIGHTS.forEach(name -> arrays.put(name, sd.getVariable(name).getArr()));
    arrays.forEach(
        (name, array) ->
            tensors.add(new FloatTensor(name, array.shape(), array.dup('c').data().asFloat())));
    Safetensors.write(folder.resolve("training.safetensors"), tensors, Map.of(), false);
  }

  private Map<String, INDArray> load() throws IOException {
    Map<String, INDArray> arrays = new TreeMap<>();
    Safetensors.open(folder.resolve("training.safetensors"))
        .tensors()
        .forEach(
            (name, tensor) -> {
              float[] values = new float[(int) tensor.count()];
              tensor.read(0, values, 0, values.length);
              arrays.put(name, Nd4j.createFromArray(values).reshape(tensor.shape()));
            });
    return arrays;
  }

  private static void fit(SameDiff sd, int from, int steps) {
    for (int i = from; i < from + steps; i++) {
      Nd4j.getRandom().setSeed(100 + i);
      sd.fit(new DataSet(Nd4j.rand(8, 3), Nd4j.rand(8, 2)));
    }
  }

  private static SameDiff network(long seed) {
    Nd4j.getRandom().setSeed(seed);
    SameDiff sd = SameDiff.create();
    SDVariable input = sd.placeHolder("input", DataType.FLOAT, -1, 3);
    SDVariable label = sd.placeHolder("label", DataType.FLOAT, -1, 2);
    SDVariable body = sd.var("body", Nd4j.rand(3, 4));
    SDVariable head = sd.var("head", Nd4j.rand(4, 2));
    sd.loss.meanSquaredError("loss", label, input.mmul(body).mmul(head), null);
    sd.setLossVariables("loss");
    sd.setTrainingConfig(
        TrainingConfig.builder()
            .updater(
                AdamR.builder()
                    .learningRateSchedule(new WarmupLinearSchedule(0.05, 2, 12))
                    .lambda(0.3)
                    .build())
            .dataSetFeatureMapping("input")
            .dataSetLabelMapping("label")
            .build());
    return sd;
  }
}
