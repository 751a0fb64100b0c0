# A new root in memory, with what may be read bound into it, read-only; then nothing is left that could undo it.
set -e
root=$1; work=$2; size=$3; processes=$4; shift 4
mount --make-rprivate /
mount -t tmpfs -o "size=${size}m,mode=755" tmpfs "$root"
while [ "$1" != -- ]; do
  if [ -L "$1" ]; then mkdir -p "$root$(dirname "$1")"; ln -s "$(readlink "$1")" "$root$1"
  elif [ -e "$1" ]; then
    if [ -d "$1" ]; then mkdir -p "$root$1"; else mkdir -p "$root$(dirname "$1")"; touch "$root$1"; fi
    mount --bind "$1" "$root$1"
    mount -o remount,bind,ro "$root$1" 2>/dev/null || mount -o remount,bind,ro,nosuid,nodev "$root$1"
  fi
  shift
done
shift
mkdir -p "$root/dev/shm" "$root/proc" "$root/tmp" "$root/submission"
for one in null zero random urandom; do touch "$root/dev/$one"; mount --bind "/dev/$one" "$root/dev/$one"; done
mount -t proc proc "$root/proc" 2>/dev/null || true
echo "$processes" > "$root/proc/sys/kernel/pid_max" 2>/dev/null || true
mount -o remount,bind,ro "$root/proc" 2>/dev/null || true
cp -R "$work/." "$root/submission/"
cd "$root"
exec chroot "$root" setpriv --no-new-privs --bounding-set=-all --inh-caps=-all "$@"
