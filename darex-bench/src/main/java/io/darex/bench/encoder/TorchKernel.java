package io.darex.bench.encoder;

import io.darex.optim.Coefficients;
import io.darex.optim.Kernel;
import io.darex.optim.Penalty;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * AdamR's step on one parameter as operations of PyTorch, where the parameter is: of a whole step
 * only sums come to the processor, one number for each.
 */
final class TorchKernel implements Kernel, AutoCloseable {
  private final Tensor theta;
  private final Runnable stepped;
  private final Runnable download;
  private final INDArray hostM;
  private final INDArray hostV;
  private final Tensor m;
  private final Tensor v;
  private final Tensor anchor;

  /**
   * A kernel with the moments and the anchor that the arrays have now; to be made in a scope.
   *
   * @param theta the parameter, with its gradient
   * @param stepped is told of each step
   * @param download brings the parameter's array up to date
   * @param anchor null if there is none
   */
  TorchKernel(
      Tensor theta, Runnable stepped, Runnable download, INDArray m, INDArray v, INDArray anchor) {
    this.theta = theta;
    this.stepped = stepped;
    this.download = download;
    this.hostM = m;
    this.hostV = v;
    this.m = placed(m);
    this.v = placed(v);
    this.anchor = anchor == null ? null : placed(anchor);
  }

  private Tensor placed(INDArray array) {
    return TorchOps.kept(TorchOps.copy(TorchOps.shared(array), theta.device()));
  }

  @Override
  public void gradient(INDArray gradient) {
    throw new UnsupportedOperationException("the gradient is the parameter's own");
  }

  @Override
  public double gradientSquares(long from, long to) {
    return TorchOps.scoped(() -> sum(theta.grad().to(ScalarType.Double).square()));
  }

  @Override
  public double secondMoments(long from, long to) {
    return TorchOps.scoped(() -> sum(v.to(ScalarType.Double)));
  }

  private static double sum(Tensor doubles) {
    return doubles.sum().item_double();
  }

  @Override
  public double advance(long from, long to, Coefficients by) {
    stepped.run();
    return TorchOps.scoped(
        () -> {
          Tensor w = theta.detach();
          Tensor g = TorchOps.scaled(theta.grad(), by.gradientScale());
          m.mul_(new Scalar(by.beta1())).add_(g, new Scalar(1 - by.beta1()));
          v.mul_(new Scalar(by.beta2())).addcmul_(g, g, new Scalar(1 - by.beta2()));
          boolean pulled = anchor != null && by.pull() > 0;
          if (pulled && by.penalty() == Penalty.L2) {
            w.sub_(w.sub(anchor), new Scalar(by.pull()));
          } else if (pulled && by.penalty() == Penalty.L1) {
            w.sub_(w.sub(anchor).sign(), new Scalar(by.pull()));
          }
          Tensor root = TorchOps.scaled(v, by.unbias()).sqrt_().add_(new Scalar(by.epsilon()));
          w.addcdiv_(m, root, new Scalar(-by.rate()));
          if (pulled && by.penalty() == Penalty.L1_PROX) {
            Tensor delta = w.sub(anchor);
            Tensor shift = delta.clamp(bound(-by.pull()), bound(by.pull()));
            w.copy_(torch.where(shift.eq(delta), anchor, w.sub(shift)));
          }
          return sum(v.to(ScalarType.Double));
        });
  }

  private static ScalarOptional bound(double value) {
    return new ScalarOptional(new Scalar(value));
  }

  /** Everything at once. */
  @Override
  public int piece() {
    return Integer.MAX_VALUE;
  }

  @Override
  public boolean parallel() {
    return false;
  }

  @Override
  public void parameterToArray() {
    download.run();
  }

  @Override
  public void momentsToArrays() {
    TorchOps.scoped(
        () -> {
          TorchOps.shared(hostM).copy_(m);
          TorchOps.shared(hostV).copy_(v);
          return null;
        });
  }

  @Override
  public void close() {
    m.close();
    v.close();
    if (anchor != null) {
      anchor.close();
    }
  }
}
