package io.darex.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.function.UnaryOperator;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.schedule.ExponentialSchedule;
import org.nd4j.linalg.schedule.ScheduleType;

class AdamRTest {
  private static final AdamR FULL =
      AdamR.builder()
          .learningRate(3e-4)
          .learningRateSchedule(new WarmupLinearSchedule(3e-4, 6, 100))
          .lambda(0.25)
          .lambdaSchedule(new ExponentialSchedule(ScheduleType.EPOCH, 0.5, 0.9))
          .beta1(0.8)
          .beta2(0.99)
          .epsilon(1e-6)
          .penalty(Penalty.L1_PROX)
          .normalisation(Normalisation.NONE)
          .maxGradientNorm(1)
          .build();

  @Test
  void defaultsAreThePapers() {
    AdamR config = AdamR.builder().build();
    assertThat(config.getLambda()).isEqualTo(1e-4);
    assertThat(config.getBeta1()).isEqualTo(0.9);
    assertThat(config.getBeta2()).isEqualTo(0.999);
    assertThat(config.getEpsilon()).isEqualTo(1e-8);
    assertThat(config.getPenalty()).isEqualTo(Penalty.L2);
    assertThat(config.getNormalisation()).isEqualTo(Normalisation.GLOBAL);
    assertThat(config.getMaxGradientNorm()).isZero();
  }

  @Test
  void schedulesGoBeforeConstants() {
    assertThat(FULL.getLearningRate(3, 0)).isEqualTo(1.5e-4);
    assertThat(FULL.getLambda(3, 2)).isEqualTo(0.5 * 0.81);
  }

  @ParameterizedTest
  @ValueSource(doubles = {-1e-9, Double.NaN, Double.POSITIVE_INFINITY})
  void refusesRatesThatAreNoRates(double bad) {
    refused("learningRate", bad, b -> b.learningRate(bad));
    refused("lambda", bad, b -> b.lambda(bad));
    refused("maxGradientNorm", bad, b -> b.maxGradientNorm(bad));
    refused("epsilon", bad, b -> b.epsilon(bad));
    AdamR config = AdamR.builder().build();
    assertThatThrownBy(() -> config.setLrAndSchedule(bad, null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("learningRate");
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 1, 1.5, Double.NaN})
  void refusesDecaysOutsideTheUnitInterval(double bad) {
    refused("beta1", bad, b -> b.beta1(bad));
    refused("beta2", bad, b -> b.beta2(bad));
  }

  private static void refused(String name, double value, UnaryOperator<AdamR.Builder> change) {
    AdamR.Builder builder = change.apply(AdamR.builder());
    assertThatThrownBy(builder::build)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(name)
        .hasMessageEndingWith("got " + value);
  }

  @Test
  void refusesAZeroEpsilonAndAMissingPenalty() {
    refused("epsilon", 0, b -> b.epsilon(0));
    AdamR.Builder builder = AdamR.builder().penalty(null);
    assertThatThrownBy(builder::build)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("penalty");
  }

  @Test
  void namesAreThoseOfTheCommandLine() {
    assertThat(List.of(Penalty.of("l2"), Penalty.of("l1"), Penalty.of("l1-prox")))
        .containsExactly(Penalty.values());
    assertThat(List.of(Normalisation.of("global"), Normalisation.of("none")))
        .containsExactly(Normalisation.values());
    assertThatThrownBy(() -> Penalty.of("l3"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("penalty must be one of [l2, l1, l1-prox], got l3");
    assertThatThrownBy(() -> Normalisation.of("layer"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("normalisation must be one of [global, none], got layer");
  }

  @Test
  void clonesAreEqualAndIndependent() {
    AdamR copy = FULL.clone();
    assertThat(copy).isEqualTo(FULL).hasSameHashCodeAs(FULL).isNotSameAs(FULL);
    copy.setLrAndSchedule(0.5, null);
    assertThat(copy).isNotEqualTo(FULL);
    assertThat(FULL.getLearningRate(3, 0)).isEqualTo(1.5e-4);
    assertThat(FULL.toBuilder().lambda(7).build()).isNotEqualTo(FULL);
  }

  @Test
  void trainingConfigRoundTrips() {
    TrainingConfig training =
        TrainingConfig.builder()
            .updater(FULL)
            .dataSetFeatureMapping("x")
            .dataSetLabelMapping("y")
            .build();
    String json = training.toJson();
    assertThat(json).contains("\"l1-prox\"", "\"none\"");
    assertThat(TrainingConfig.fromJson(json).getUpdater()).isEqualTo(FULL);
  }

  @Test
  void networkConfigurationRoundTrips() {
    MultiLayerConfiguration network =
        new NeuralNetConfiguration.Builder()
            .updater(FULL)
            .list()
            .layer(new DenseLayer.Builder().nIn(3).nOut(4).build())
            .layer(new OutputLayer.Builder(LossFunction.MSE).nIn(4).nOut(2).build())
            .build();
    MultiLayerConfiguration read = MultiLayerConfiguration.fromJson(network.toJson());
    assertThat(read).isEqualTo(network);
    assertThat(((BaseLayer) read.getConf(0).getLayer()).getIUpdater()).isEqualTo(FULL);
  }

  @Test
  void whatJsonLeavesOutKeepsItsDefault() {
    String json =
        "{\"updater\":{\"@class\":\"io.darex.optim.AdamR\",\"lambda\":0.5,\"penalty\":\"l1\"}}";
    assertThat(TrainingConfig.fromJson(json).getUpdater())
        .isEqualTo(AdamR.builder().lambda(0.5).penalty(Penalty.L1).build());
  }
}
