import React from 'react';

interface Props {
  title: string;
}

/** A button. */
export const Button: React.FC<Props> = ({ title }) => {
  return <button>{title}</button>;
};

export function Page({ title }: Props) {
  return (
    <main>
      <Button title={title} />
    </main>
  );
}
