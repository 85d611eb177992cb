mod answers;
mod pedantic;
mod pick;
