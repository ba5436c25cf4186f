package io.darex.bench.pipeline;

import io.darex.bench.encoder.Encoder;
import io.darex.bench.report.Results.Score;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** What a fine-tune has to beat. */
final class Baselines {
  private static final int STEPS = 300;

  private Baselines() {}

  /**
   * {@code majority}: the commonest label of train for every text; {@code frozen}: a linear softmax
   * layer trained on the pooled output of the untouched encoder.
   *
   * @param base holding the pre-trained weights
   * @param labels number of labels
   */
  static Map<String, Score> scores(Splits splits, Encoder base, int labels) {
    int[] gold = splits.train().texts().labels();
    float[] counts = new float[labels];
    for (int label : gold) {
      counts[label]++;
    }
    MultiLayerNetwork head = head(pooled(base, splits.train()), gold, labels);
    Map<String, Score> scores = new TreeMap<>();
    scores.put("majority", splits.score(split -> repeat(counts, split.texts().size())));
    scores.put("frozen", splits.score(split -> head.output(pooled(base, split)).toFloatMatrix()));
    return scores;
  }

  private static float[][] repeat(float[] row, int times) {
    float[][] rows = new float[times][];
    Arrays.fill(rows, row);
    return rows;
  }

  private static INDArray pooled(Encoder base, Split split) {
    return Nd4j.create(split.perText(base::pooled));
  }

  private static MultiLayerNetwork head(INDArray features, int[] gold, int labels) {
    INDArray wanted = Nd4j.zeros(gold.length, labels);
    for (int i = 0; i < gold.length; i++) {
      wanted.putScalar(i, gold[i], 1);
    }
    MultiLayerNetwork head =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .seed(0)
                .updater(new Adam(1e-2))
                .list()
                .layer(
                    new OutputLayer.Builder(LossFunction.MCXENT)
                        .nIn(features.columns())
                        .nOut(labels)
                        .activation(Activation.SOFTMAX)
                        .build())
                .build());
    head.init();
    for (int step = 0; step < STEPS; step++) {
      head.fit(features, wanted);
    }
    return head;
  }
}
