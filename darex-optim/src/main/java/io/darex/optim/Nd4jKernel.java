package io.darex.optim;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.scalar.ScalarMax;
import org.nd4j.linalg.api.ops.impl.scalar.ScalarMin;
import org.nd4j.linalg.api.ops.impl.transforms.floating.Sqrt;
import org.nd4j.linalg.api.ops.impl.transforms.same.Sign;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * {@link Kernel} of ND4J operations alone, for arrays on backends that Java cannot address.
 *
 * <p>Works in pieces, so that scratch memory stays bounded, all of them in the thread that trains:
 * ND4J ties threads to devices and spreads every operation by itself. Sums are taken over pieces
 * cast to double.
 */
final class Nd4jKernel implements Kernel {
  /** Long enough to fill a device. */
  private static final int PIECE = 1 << 20;

  /** One thread's scratch, outside of any workspace, for whichever type was last asked for. */
  private static final class Scratch {
    private final INDArray wide = Nd4j.createUninitializedDetached(DataType.DOUBLE, PIECE);
    private INDArray x;
    private INDArray y;

    void use(DataType type) {
      if (x == null || x.dataType() != type) {
        x = Nd4j.createUninitializedDetached(type, PIECE);
        y = Nd4j.createUninitializedDetached(type, PIECE);
      }
    }
  }

  private static final ThreadLocal<Scratch> SCRATCH = ThreadLocal.withInitial(Scratch::new);

  private final DataType type;
  private final INDArray[] theta;
  private final INDArray[] m;
  private final INDArray[] v;
  private final INDArray[] anchor;
  private INDArray gradientArray;
  private INDArray[] gradient;

  Nd4jKernel(INDArray parameter, INDArray m, INDArray v, INDArray anchor) {
    this.type = parameter.dataType();
    this.theta = pieces(parameter);
    this.m = pieces(m);
    this.v = pieces(v);
    this.anchor = anchor == null ? null : pieces(anchor);
  }

  /** Flat views, in memory order whatever the shape; made once, since each costs objects. */
  private static INDArray[] pieces(INDArray array) {
    long length = array.length();
    INDArray[] pieces = new INDArray[Math.toIntExact((length + PIECE - 1) / PIECE)];
    for (int i = 0; i < pieces.length; i++) {
      long from = (long) i * PIECE;
      long[] shape = {Math.min(PIECE, length - from)};
      pieces[i] = Nd4j.create(array.data(), shape, new long[] {1}, array.offset() + from, 'c');
    }
    return pieces;
  }

  private static INDArray first(INDArray scratch, long count) {
    return count == PIECE ? scratch : scratch.get(NDArrayIndex.interval(0, count));
  }

  @Override
  public int piece() {
    return PIECE;
  }

  @Override
  public boolean parallel() {
    return false;
  }

  @Override
  public void gradient(INDArray array) {
    if (gradientArray != array) {
      gradientArray = array;
      gradient = pieces(array);
    }
  }

  @Override
  public double gradientSquares(long from, long to) {
    INDArray wide = first(SCRATCH.get().wide, to - from);
    wide.assign(gradient[index(from)]);
    return wide.muli(wide).sumNumber().doubleValue();
  }

  @Override
  public double secondMoments(long from, long to) {
    INDArray wide = first(SCRATCH.get().wide, to - from);
    return wide.assign(v[index(from)]).sumNumber().doubleValue();
  }

  private static int index(long from) {
    return (int) (from / PIECE);
  }

  @Override
  public double advance(long from, long to, Coefficients by) {
    int i = index(from);
    Scratch scratch = SCRATCH.get();
    scratch.use(type);
    INDArray x = first(scratch.x, to - from);
    INDArray y = first(scratch.y, to - from);
    boolean pulled = anchor != null && by.pull() > 0;

    x.assign(gradient[i]).muli(by.gradientScale());
    y.assign(x).muli(1 - by.beta1());
    m[i].muli(by.beta1()).addi(y);
    x.muli(x).muli(1 - by.beta2());
    v[i].muli(by.beta2()).addi(x);

    if (pulled && by.penalty() != Penalty.L1_PROX) {
      y.assign(theta[i]).subi(anchor[i]);
      if (by.penalty() == Penalty.L1) {
        Nd4j.exec(new Sign(y, y));
      }
      theta[i].subi(y.muli(by.pull()));
    }
    x.assign(v[i]).muli(by.unbias());
    Nd4j.exec(new Sqrt(x, x));
    y.assign(m[i]).muli(by.rate()).divi(x.addi(by.epsilon()));
    theta[i].subi(y);
    if (pulled && by.penalty() == Penalty.L1_PROX) {
      y.assign(theta[i]).subi(anchor[i]);
      x.assign(y);
      Nd4j.exec(new ScalarMin(x, null, x, by.pull()));
      Nd4j.exec(new ScalarMax(x, null, x, -by.pull()));
      theta[i].assign(anchor[i]).addi(y.subi(x));
    }
    return secondMoments(from, to);
  }
}
